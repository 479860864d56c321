import { type ChildProcess, fork } from "node:child_process";
import type { Session } from "../headToHead/session.ts";
import type { Block, PageTask } from "../page/page.ts";
import type { PageAnswer, PageCall } from "./pageProcess.ts";

/** wgrad with one network in a process of its own: this program once more, as a page (pageProcess.ts). */
export async function startNodeSession(): Promise<Session> {
  const child = fork(process.argv[1] ?? "", ["page"], { serialization: "advanced" });
  await answerOf(child);
  const call = (name: PageCall["name"], argument?: unknown): Promise<unknown> => {
    const answer = answerOf(child);
    child.send({ name, argument } satisfies PageCall);
    return answer;
  };
  return {
    open: (task: PageTask) => call("open", task) as Promise<{ ms: number; loss: number }>,
    block: (steps: number) => call("block", steps) as Promise<Block>,
    peakBytes: () => call("peakBytes") as Promise<number | null>,
    async close() {
      child.disconnect();
    },
  };
}

/** The next message of the process. */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((done, fail) => {
    const onExit = (code: number | null) => fail(new Error(`the process ended (exit code ${code})`));
    child.once("exit", onExit);
    child.once("message", (answer: PageAnswer) => {
      child.off("exit", onExit);
      if ("error" in answer) fail(new Error(answer.error));
      else done("value" in answer ? answer.value : null);
    });
  });
}
