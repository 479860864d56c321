// uses: lib/block
// Positions of 4 channels: the companion of lib/lane4.
alias LaneIndex = vec4i;
alias LaneMask = vec4<bool>;
alias IndexBlock = array<LaneIndex, BLOCK>;
