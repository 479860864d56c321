import type { TrainRequest } from "../demo/digits/request.ts";

/** A training of U-Net, as the command line asks for it. */
export interface UnetRequest {
  readonly model: "unet";
  /** `folder` is null for cells that are drawn. */
  readonly data: { readonly name: string; readonly folder: ImageListing | null };
  /** Side of the crops in pixels, channels of the first level, halvings. */
  readonly size: number;
  readonly base: number;
  readonly depth: number;
  /** Either a number of epochs, or the minutes that compiling and training take together. */
  readonly length: { readonly epochs: number } | { readonly minutes: number };
  readonly batch: number;
  readonly optimizer: "sgd" | "adam";
  /** The highest of one cycle. */
  readonly learningRate: number;
  readonly seed: number;
  /** Standard deviation of the displacement of nodes, in pixels; 0 for no deformation. */
  readonly elastic: number;
  readonly testTimeAugmentation: boolean;
}

/** Where the server shows a folder of images and one of masks, both with a slash at the end, and what lies in them. */
export interface ImageListing {
  readonly imageUrl: string;
  readonly maskUrl: string;
  readonly images: readonly string[];
  readonly masks: readonly string[];
}

export type AnyRequest = TrainRequest | UnetRequest;

/** Steps of an epoch: crops are drawn at random, so that an epoch has the length that suits a learning curve. */
export const stepsPerEpoch = 50;

/** Highest rates of one cycle that suit U-Net with batch normalization on batches of 4. */
export const unetLearningRates = { sgd: 0.1, adam: 0.005 } as const;
