// uses: lib/block
// Positions of 1 channel: the companion of lib/lane1.
alias LaneIndex = i32;
alias LaneMask = bool;
alias IndexBlock = array<LaneIndex, BLOCK>;
