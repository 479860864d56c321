/**
 * Choices that ship with wgrad: for a class of adapters (`Target.adapter`), the name of the fastest variant by the key
 * of the choice. A key holds the version of the kernel's text, so a row lapses when its kernel changes, and a test asks
 * for its removal. What `model.tuning` reports can be entered here.
 *
 * There is no row: every class for which the engine was measured (software adapters) is served by a cost model that was fitted
 * to it, and no other adapter has been measured. For those the rule of gemmChoice.ts answers.
 */
export const tunedDefaults: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
