// What a copying kernel moves at a time: 1 word of any type, taken as bits.
alias Word = u32;
