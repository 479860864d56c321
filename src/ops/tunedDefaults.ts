/**
 * Choices that ship with wgrad: for a class of adapters (`Target.adapter`), the name of the fastest variant by the key
 * of the choice. A key holds the version of the kernel's text, so a row lapses when its kernel changes, and a test asks
 * for its removal. What `model.tuning` reports can be entered here.
 *
 * There is no row. Software adapters have a cost model (softwareCost.ts) that weighs compiling, too, which a measured row would
 * not; no other adapter has been measured, and for those the first variant of gemmVariants.ts is the rule.
 */
export const tunedDefaults: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
