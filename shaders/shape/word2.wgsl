// What a copying kernel moves at a time: 2 words of any type, taken as bits.
alias Word = vec2u;
