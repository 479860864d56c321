// What a copying kernel moves at a time: 16 words of any type, taken as bits; a block (lib/block) for CPU adapters.
alias Word = array<vec4u, 4>;
