import { makeGraph, makeVariable } from "../core/graph.ts";
import { checkNames, checkWhole } from "../core/options.ts";
import { tensorType } from "../core/types.ts";
import { CommandGraph } from "../gpu/commandGraph.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { Snapshot } from "../gpu/snapshot.ts";
import { type Timing, timeDispatches } from "../gpu/timing.ts";
import { Variables } from "../gpu/variables.ts";
import { flopsOf, multiplyAdds, stream } from "../ops/ceilings.ts";
import { plan } from "../passes/index.ts";
import { type Ceilings, clockOf, durationNs, type Profile, profileOf, typicalMs } from "./profile.ts";
import type { Trainer } from "./trainer.ts";

/** What is timed, how often: `steps` times, or for about so long, but at least and at most so many times. */
const timedMs = 500;
const leastSteps = 5;
const mostSteps = 50;

export interface ProfileOptions {
  /** Steps to time. Default: as many as half a second of the GPU's time holds, from 5 to 50. */
  readonly steps?: number;
}

/**
 * Takes a training step apart: what each dispatch, layer and kernel takes by the GPU's clock, beside what the device could
 * do at best, measured right after, and the memory over the step. Each step that is timed is undone: training goes on bit
 * for bit as without. `showProfile` makes a table of it, `chromeTrace` a file for Perfetto.
 *
 * @throws DeviceError where the device has no `timestamp-query`
 * @example
 * const trainer = await model.trainer(data, { batchSize: 16 });
 * console.log(showProfile(await profileStep(trainer)));
 */
export async function profileStep(trainer: Trainer, options: ProfileOptions = {}): Promise<Profile> {
  const { stepper } = trainer;
  checkNames("profileStep", options, ["steps"]);
  const { steps } = options;
  if (steps !== undefined) checkWhole("profileStep", "steps", steps);
  const { commands, course } = stepper;
  const { gpu, store } = stepper.live();
  const changing = [...store.layout.arenas.keys()].filter((arena) => arena !== "frozen");
  const snapshot = new Snapshot(store, changing);
  // All is submitted before the first wait, so no step of a training can come between.
  const once = (): Promise<Timing[]> => {
    snapshot.take();
    // Times do not depend on the rate, and a schedule may go by its calls.
    stepper.write(commands, 0, 0);
    const times = timeDispatches(commands);
    snapshot.restore();
    return times;
  };
  const rounds = await timeRounds(once, steps).finally(() => snapshot.dispose());
  const ceilings = await measureCeilings(gpu);
  return profileOf({
    model: course.model.name ?? "model",
    batchSize: course.batchSize,
    adapter: gpu.adapter,
    plan: commands.plan,
    ceilings,
    rounds,
  });
}

/** Once for fresh memory, then as often as is told, or as it takes. */
async function timeRounds(once: () => Promise<Timing[]>, steps?: number): Promise<Timing[][]> {
  await once();
  const rounds: Timing[][] = [];
  let sumMs = 0;
  const enough = () => (steps === undefined ? rounds.length >= leastSteps && sumMs >= timedMs : rounds.length >= steps);
  while (!enough() && rounds.length < (steps ?? mostSteps)) {
    const round = await once();
    rounds.push(round);
    sumMs += round.reduce((sum, { ms }) => sum + ms, 0);
  }
  return rounds;
}

/** Numbers of a tensor that no cache holds: 64 MiB. */
const streamed = 2 ** 24;
/** Dispatches that follow one another, since one may be shorter than a step of the clock. */
const streams = 4;

/** Times the two ceilings; takes 192 MiB of GPU memory for as long. @throws DeviceError without timestamps */
export async function measureCeilings(gpu: Gpu): Promise<Ceilings> {
  // A thousandth of the work keeps a CPU busy for as long.
  const sums = gpu.adapter.software ? { invocations: 65_536, turns: 16 } : { invocations: 1 << 20, turns: 128 };
  const x = makeVariable({
    name: "x",
    role: "data",
    type: tensorType([streamed]),
    initial: { kind: "constant", value: 0 },
  });
  let y = x.value;
  for (let i = 0; i < streams; i++) y = stream(y);
  const store = new Variables(gpu, [x]);
  try {
    const planned = plan(makeGraph("ceilings", { sums: multiplyAdds(sums), y }), store.layout, gpu.target);
    const commands = await CommandGraph.compile(planned, store);
    const rounds = await timeRounds(() => timeDispatches(commands));
    commands.dispose();
    const clockNs = clockOf(rounds.flat());
    const msOf = (kernel: string) => {
      const durations = rounds.flat().filter(({ call }) => call.call.name === kernel);
      return typicalMs(durations.map(durationNs), clockNs);
    };
    return { gflops: flopsOf(sums) / msOf("fma") / 1e6, gbs: (2 * 4 * streamed) / msOf("stream") / 1e6 };
  } finally {
    store.dispose();
  }
}
