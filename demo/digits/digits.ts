import "./digits.css";
import type { Mount } from "../shell/tab.ts";
import markup from "./digits.html?raw";
import { standardRequest, type TrainRequest } from "./request.ts";
import { settingsOf } from "./settings.ts";
import { Training } from "./training.ts";

/** Epochs of a training that a person starts on the page; the command line says its own. */
const pageEpochs = 5;

/** The tab Digits: a network learns to read digits, and a person's own. */
export const mount: Mount = (host, shell) => {
  host.innerHTML = markup;
  const { settings, starts } = askedFor(location.search);
  const training = new Training(host, shell, settings);
  void training.open(starts);
  return {
    show: () => training.setVisible(true),
    hide: () => training.setVisible(false),
    inspect: (options) => training.inspect(options),
    take: (files) => training.take(files),
  };
};

/** What the command line puts into the page's address: settings, and whether to start without another word. */
function askedFor(search: string) {
  const query = new URLSearchParams(search);
  const text = query.get("request");
  const request: Partial<TrainRequest> = text === null ? {} : JSON.parse(text);
  const starts = query.has("start");
  const epochs = starts ? standardRequest.epochs : pageEpochs;
  return { settings: settingsOf({ ...standardRequest, epochs, ...request }), starts };
}
