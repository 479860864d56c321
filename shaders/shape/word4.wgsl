// What a copying kernel moves at a time: 4 words of any type, taken as bits.
alias Word = vec4u;
