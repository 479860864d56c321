// Filters with channels and filters swapped, for the gradients by the input: turned[tap, f, c] = kernel[tap, c, f], many
// filters of a network in one dispatch. Each workgroup works on one filter, which `groups` names.

struct Params {
  /// The first group of the dispatch, and how many it has.
  first: u32,
  groups: u32,
}
/// Of one workgroup: its first item, all items of its filter, where filter and copy start, channels, filters.
struct TurnGroup {
  first: u32,
  items: u32,
  source: u32,
  copy: u32,
  channels: u32,
  filters: u32,
}
@group(0) @binding(1) var<storage, read> groups: array<TurnGroup>;
@group(0) @binding(3) var<uniform> params: Params;
