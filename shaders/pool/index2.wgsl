// uses: lib/block
// Positions of 2 channels: the companion of lib/lane2.
alias LaneIndex = vec2i;
alias LaneMask = vec2<bool>;
alias IndexBlock = array<LaneIndex, BLOCK>;
