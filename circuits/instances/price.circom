pragma circom 2.2.2;

include "pricing/greeks.circom";

// One option from the witness of the real template: `provega price --circuit`. It is never proved.
component main = Black76Greeks();
