import { expect, test } from "vitest";
import { indexedDbStore } from "../../src/io/tunedStore.ts";

test("IndexedDB keeps a text for each adapter, over stores of one name", async () => {
  const store = indexedDbStore("wgrad test");
  expect(await store.read("vendor/a/")).toBeNull();
  expect(await store.write("vendor/a/", "one")).toBe(true);
  expect(await store.write("vendor/b/", "two")).toBe(true);
  expect(await store.write("vendor/a/", "three")).toBe(true);
  const again = indexedDbStore("wgrad test");
  expect([await again.read("vendor/a/"), await again.read("vendor/b/")]).toEqual(["three", "two"]);
  expect(await indexedDbStore("wgrad other").read("vendor/a/")).toBeNull();
  for (const name of ["wgrad test", "wgrad other"]) indexedDB.deleteDatabase(name);
});

test("where the browser denies storage nothing is found, and nothing is kept", async () => {
  const denied = indexedDB.open.bind(indexedDB);
  indexedDB.open = () => {
    throw new DOMException("denied", "SecurityError");
  };
  try {
    const store = indexedDbStore("wgrad test");
    expect(await store.read("vendor/a/")).toBeNull();
    expect(await store.write("vendor/a/", "one")).toBe(false);
  } finally {
    indexedDB.open = denied;
  }
});
