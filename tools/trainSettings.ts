import { type AnyRequest, stepsPerEpoch } from "./unetRequest.ts";

/**
 * What every step of a training depends on, by the names of the command line's options: a training that goes on must
 * have the same. LeNet-5's rate is one and the same, so its number of epochs may be raised; U-Net's cycle ends with the
 * training. Of the data, the folder's own name counts, not where it lies.
 */
export function settingsOf(request: AnyRequest): Record<string, string> {
  const { model, batch, optimizer, learningRate, seed } = request;
  const data = request.data.name.split(/[\\/]/).at(-1);
  const shared = { model, data, batch, optimizer, "learning-rate": learningRate, seed };
  if (request.model === "lenet5") return texts({ ...shared, limit: request.limit });
  const { size, base, depth, elastic, length } = request;
  return texts({ ...shared, size, base, depth, elastic, "steps-per-epoch": stepsPerEpoch, ...length });
}

function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `${value}`]));
}
