import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mnistSha256 } from "../../src/data/mnist.ts";
import { adapterLine } from "../../tools/cli.ts";
import { fetchMnist } from "../../tools/fetchMnist.ts";
import { epochLine, showTime } from "../../tools/progress.ts";
import { testText } from "../../tools/trainReport.ts";
import { runCommand } from "./runCommand.ts";

const scratch = mkdtempSync(join(tmpdir(), "wgrad-cli-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const file = join(scratch, "file");
writeFileSync(file, "");

test.each([
  ["no model", "train.ts", [], /missing required argument 'MODEL'/],
  ["an unknown model", "train.ts", ["resnet"], /Allowed choices are lenet5/],
  ["an unknown flag", "train.ts", ["lenet5", "--fast"], /unknown option '--fast'/],
  ["a word too many", "train.ts", ["lenet5", "digits"], /too many arguments/],
  ["no epochs", "train.ts", ["lenet5", "--epochs", "0"], /whole number from 1 to 10000/],
  ["half a batch", "train.ts", ["lenet5", "--batch", "0.5"], /whole number from 1/],
  ["a rate of zero", "train.ts", ["lenet5", "--learning-rate", "0"], /a number above 0/],
  ["a rate that is none", "train.ts", ["lenet5", "--learning-rate", "fast"], /a number above 0/],
  ["an unknown optimizer", "train.ts", ["lenet5", "--optimizer", "lion"], /Allowed choices are sgd, adam/],
  ["a seed too large", "train.ts", ["lenet5", "--seed", "4294967296"], /from 0 to 4294967295/],
  ["a folder that is not there", "train.ts", ["lenet5", "--data", join(scratch, "none")], /There is no folder/],
  ["a file for a folder", "train.ts", ["lenet5", "--data", file], /That is a file; give the folder/],
  ["a file to write into", "train.ts", ["lenet5", "--out", file], /That is a file/],
  ["results in no folder", "train.ts", ["lenet5", "--json", join(scratch, "none/r.json")], /There is no folder/],
  ["a checkpoint in no folder", "train.ts", ["lenet5", "--checkpoint", join(scratch, "none/c")], /There is no folder/],
  ["a profile in no folder", "train.ts", ["unet", "--profile", join(scratch, "none/p")], /There is no folder/],
  ["a checkpoint that is not there", "train.ts", ["lenet5", "--resume", join(scratch, "none")], /There is no file/],
  ["a deformation below zero", "train.ts", ["unet", "--elastic", "-1"], /a number from 0 to 100/],
  ["an unknown flag of start", "start.ts", ["--fast"], /unknown option '--fast'/],
] as const)("%s is one line and exit code 2", (_, script, args, line) => {
  const { status, stdout, stderr } = runCommand(script, ...args);
  expect(stderr).toMatch(line);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

test.each([
  ["train.ts", ["<MODEL>", "--data", "--epochs", "--batch", "--learning-rate", "--optimizer", "--json"]],
  ["start.ts", ["--headless", "--data", "--epochs"]],
] as const)("--help of %s tells the usage", (script, words) => {
  const { status, stdout } = runCommand(script, "--help");
  for (const word of words) expect(stdout).toContain(word);
  expect(status).toBe(0);
});

test("MNIST: a wrong file is no answer, and leaves nothing behind", async () => {
  const folder = join(scratch, "mnist");
  const asked: string[] = [];
  const fetchBytes = async () => Uint8Array.of(1, 2, 3);
  await expect(fetchMnist(folder, { fetchBytes, onFile: (name) => asked.push(name) })).rejects.toThrow(
    /train-images-idx3-ubyte.gz: .*gave 3 bytes of SHA-256/,
  );
  expect(asked).toEqual(["train-images-idx3-ubyte.gz"]);
  expect(readdirSync(folder)).toEqual([]);
});

test("MNIST: a damaged file in the cache is fetched again", async () => {
  const folder = join(scratch, "damaged");
  const [first = ""] = mnistSha256.keys();
  await expect(fetchMnist(folder, { fetchBytes: () => Promise.reject(new Error("offline")) })).rejects.toThrow(
    /offline/,
  );
  writeFileSync(join(folder, first), "damaged");
  const asked: string[] = [];
  const fetchBytes = () => Promise.reject(new Error("offline"));
  await expect(fetchMnist(folder, { fetchBytes, onFile: (name) => asked.push(name) })).rejects.toThrow(/offline/);
  expect(asked).toEqual([first]);
});

test("lines that a person reads", () => {
  expect([0, 59.6, 83, 3723].map(showTime)).toEqual(["0:00", "1:00", "1:23", "1:02:03"]);
  const epoch = { epoch: 2, loss: 0.25, accuracy: 0.9, valLoss: 0.125, valAccuracy: 0.95, seconds: 12.34 };
  expect(epochLine(epoch, 10)).toBe(
    "Epoch  2/10  loss 0.2500  accuracy 90.00 %  validation loss 0.1250  accuracy 95.00 %  12.3 s",
  );
  expect(adapterLine({ vendor: "google", architecture: "swiftshader", description: "", software: true })).toBe(
    "Adapter: google swiftshader (software)",
  );
});

test("the confusion matrix is aligned, and says how many of each row are wrong", () => {
  const confusion = [
    [1200, 3],
    [0, 40],
  ];
  expect(testText({ loss: 0.5, accuracy: 1240 / 1243, confusion })).toBe(
    [
      "Test loss 0.5000, accuracy 99.76 % (1,240 of 1,243)",
      "",
      "Confusion matrix (row: label, column: answer)",
      "     │    0    1 │",
      "─────┼───────────┼────────",
      "   0 │ 1200    3 │ 3 wrong",
      "   1 │    ·   40 │ 0 wrong",
    ].join("\n"),
  );
});
