pragma circom 2.2.2;

/// @title   Tiny
/// @notice  c = a^2 b: the circuit of the fuzzers' seeds, small enough to try every byte of its files.
template Tiny() {
    signal input a, b;
    signal output c;

    signal square <== a * a;
    c <== square * b;
}

component main {public [a]} = Tiny();
