import { FormatError } from "../../src/core/errors.ts";
import { drawCells } from "../../src/data/cells.ts";
import { type ImageFile, isbi2012Classes, readImagePairs } from "../../src/data/imageFolder.ts";
import { type LabelledMasks, sliceMasks } from "../../src/data/segmentation.ts";
import type { UnetRequest } from "../unetRequest.ts";

/** What U-Net is trained and tested on. */
export interface MaskSets {
  readonly train: LabelledMasks;
  readonly test: LabelledMasks;
}

const drawnCells = { count: 30, seed: 1, size: 256 } as const;

/** Share of the images that are trained on. The last ones are held out as a block, since neighbours look alike. */
const trainShare = 0.8;

/** Draws or fetches the images and masks of a request. @throws FormatError on files that do not fit, and on one image alone */
export async function readMaskSets({ data }: UnetRequest): Promise<MaskSets> {
  const { name, folder } = data;
  const all = folder
    ? await readImagePairs({
        name,
        images: served(folder.imageUrl, folder.images),
        masks: served(folder.maskUrl, folder.masks),
        classes: isbi2012Classes,
      })
    : drawCells(drawnCells);
  if (all.count < 2) {
    throw new FormatError({ where: name, seen: "one image", wanted: "2 or more: some to train on, some held out" });
  }
  const split = Math.min(all.count - 1, Math.max(1, Math.round(trainShare * all.count)));
  return { train: sliceMasks(all, 0, split), test: sliceMasks(all, split, all.count) };
}

function served(url: string, names: readonly string[]): ImageFile[] {
  return names.map((name) => ({
    name,
    read: async () => {
      const response = await fetch(url + encodeURIComponent(name));
      if (!response.ok) throw new Error(`status ${response.status}`);
      return response.blob();
    },
  }));
}
