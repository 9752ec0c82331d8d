pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";

/// @title   BindWords
/// @notice  Commits to a step's words and evaluates them as a polynomial: the public inputs c and y for a given z.
/// @param   STEP_CODE     kind of step
/// @param   PROFILE_CODE  profile
/// @param   N             words before padding
/// @input   words  the full vector, every section at its fixed offset, zero where unused
/// @input   z      chosen by L1 after c is fixed
/// @output  c      chain of permutations, 15 words each, started with version, kind, profile and capacity
/// @output  y      sum of words[i] * z^i
/// @sound   c fixes the words before z exists, since z hashes c: two vectors that differ agree at z with probability below N / r.
/// @mirror  protocol/binding.ts commitment, publicInputs
template BindWords(STEP_CODE, PROFILE_CODE, N) {
    var RATE = 15;
    var ROUNDS = (N + RATE - 1) \ RATE;
    signal input words[N], z;
    signal output c, y;

    var chain = VERSION() + STEP_CODE * (1 << 8) + PROFILE_CODE * (1 << 16) + ROUNDS * RATE * (1 << 24);
    component rounds[ROUNDS];
    for (var i = 0; i < ROUNDS; i++) {
        rounds[i] = Hash(TAG_WORDS(), RATE + 1);
        rounds[i].in[0] <== chain;
        for (var k = 0; k < RATE; k++) rounds[i].in[k + 1] <== i * RATE + k < N ? words[i * RATE + k] : 0;
        chain = rounds[i].out;
    }
    c <== chain;

    signal sum[N];
    sum[N - 1] <== words[N - 1];
    for (var i = N - 2; i >= 0; i--) sum[i] <== sum[i + 1] * z + words[i];
    y <== sum[0];
}

/// @title   MetaWord
/// @notice  Packs the first word of a step's header.
/// @input   timestamp, number  ranged by the caller to their widths
/// @input   count  used entries per section, each below 2^16 by construction
/// @mirror  protocol/layout.ts LAYOUT.meta
template MetaWord(STEP_CODE, PROFILE_CODE) {
    signal input timestamp, number, count[3];
    signal output out;

    out <== VERSION() + STEP_CODE * (1 << AT_META_KIND()) + PROFILE_CODE * (1 << AT_META_PROFILE())
        + timestamp * (1 << AT_META_TIMESTAMP()) + number * (1 << AT_META_NUMBER())
        + count[0] * (1 << AT_META_COUNT0()) + count[1] * (1 << AT_META_COUNT1()) + count[2] * (1 << AT_META_COUNT2());
}
