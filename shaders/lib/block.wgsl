// Lanes that lie side by side and are loaded and stored as one element of an array. A CPU adapter checks the bounds of an
// array, and computes the address, once an element.
const BLOCK = 1u;
alias Block = array<Lane, BLOCK>;
