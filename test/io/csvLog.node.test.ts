import { expect, test } from "vitest";
import { CsvLog } from "../../src/io/csvLog.ts";

test("a CSV log: the names of its columns once, a line for each number, as taken", () => {
  const log = new CsvLog();
  log.scalar({ name: "loss/epoch", value: 0.1 + 0.2, step: 3, time: 1.5 });
  log.scalar({ name: "learningRate", value: 1e-7, step: 3, time: 2 });
  expect(log.take()).toBe("time,step,name,value\r\n1.5,3,loss/epoch,0.30000000000000004\r\n2,3,learningRate,1e-7\r\n");
  expect(log.take()).toBe("");
  log.scalar({ name: 'a "b", c\n', value: Number.POSITIVE_INFINITY, step: 4, time: 3 });
  expect(log.take()).toBe('3,4,"a ""b"", c\n",Infinity\r\n');
});
