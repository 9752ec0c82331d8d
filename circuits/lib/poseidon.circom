pragma circom 2.2.2;

include "circomlib/circuits/poseidon_constants.circom";

// circomlib's Poseidon, written so that its linear layers cost nothing: the state is a var, a linear combination of signals,
// and only the products of the S-boxes are signals. --O1 finds no linear constraint to keep.

function POSEIDON_FULL_ROUNDS() { return 8; }

/// Partial rounds of the permutation of N + 1 elements.
function POSEIDON_PARTIAL_ROUNDS(N) {
    var ROUNDS[16] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
    return ROUNDS[N - 1];
}

/// @title   Permutation
/// @notice  First element of the permutation of [CAPACITY, in].
/// @param   C, S, M, P  circomlib's optimised constants: in partial rounds the matrix is sparse, and one element has a round
///          constant. They are parameters because a var would be filled anew for every witness.
/// @sound   Every signal is a product of signals before it: the inputs leave one witness.
/// @mirror  protocol/hash.ts hash
template Permutation(CAPACITY, N, C, S, M, P) {
    var T = N + 1;
    var HALF = POSEIDON_FULL_ROUNDS() \ 2;
    var PARTIAL = POSEIDON_PARTIAL_ROUNDS(N);
    // The S-box of the capacity is a constant.
    var BOXES = 2 * HALF * T + PARTIAL - 1;

    signal input in[N];
    signal output out;
    // The last product of all is out itself.
    signal square[BOXES], fourth[BOXES], fifth[BOXES - 1];

    var state[T];
    state[0] = CAPACITY + C[0];
    for (var i = 0; i < N; i++) state[i + 1] = in[i] + C[i + 1];

    var c = T;
    var box = 0;
    var next[T];
    for (var r = 0; r < 2 * HALF + PARTIAL - 1; r++) {
        var isPartial = r >= HALF && r < HALF + PARTIAL;
        for (var i = 0; i < (isPartial ? 1 : T); i++) {
            if (r == 0 && i == 0) {
                state[0] = state[0] ** 5;
            } else {
                square[box] <== state[i] * state[i];
                fourth[box] <== square[box] * square[box];
                fifth[box] <== fourth[box] * state[i];
                state[i] = fifth[box];
                box++;
            }
            state[i] += C[c];
            c++;
        }
        if (isPartial) {
            var s = (2 * T - 1) * (r - HALF);
            var sum = 0;
            for (var j = 0; j < T; j++) sum += S[s + j] * state[j];
            s += T - 1;
            for (var j = 1; j < T; j++) state[j] += S[s + j] * state[0];
            state[0] = sum;
        } else {
            for (var i = 0; i < T; i++) {
                var sum = 0;
                if (r == HALF - 1) {
                    for (var j = 0; j < T; j++) sum += P[j][i] * state[j];
                } else {
                    for (var j = 0; j < T; j++) sum += M[j][i] * state[j];
                }
                next[i] = sum;
            }
            state = next;
        }
    }

    var rest = 0;
    for (var i = T - 1; i >= 0; i--) {
        square[box] <== state[i] * state[i];
        fourth[box] <== square[box] * square[box];
        if (i > 0) {
            fifth[box] <== fourth[box] * state[i];
            rest += M[i][0] * fifth[box];
            box++;
        }
    }
    out <== M[0][0] * fourth[box] * state[0] + rest;
}

/// @title   Hash
/// @notice  Poseidon of N elements in the domain TAG.
/// @param   TAG  0 gives circomlib's Poseidon(N)
/// @param   N    1 to 16
/// @mirror  protocol/hash.ts hash
template Hash(TAG, N) {
    signal input in[N];
    signal output out <== Permutation(TAG, N, POSEIDON_C(N + 1), POSEIDON_S(N + 1), POSEIDON_M(N + 1), POSEIDON_P(N + 1))(in);
}

/// @title   HashList
/// @notice  Hash of a list of any fixed length: 16 values, then 15 at a time behind the digest so far.
/// @mirror  protocol/hash.ts hashList
template HashList(TAG, N) {
    var REST = N > 16 ? N - 16 : 0;
    var LINKS = (REST + 14) \ 15;
    signal input in[N];
    signal output out;

    component first = Hash(TAG, N - REST);
    for (var i = 0; i < N - REST; i++) first.in[i] <== in[i];
    var digest = first.out;

    component links[LINKS];
    for (var k = 0; k < LINKS; k++) {
        var START = 16 + 15 * k;
        var WIDTH = N - START < 15 ? N - START : 15;
        links[k] = Hash(TAG, WIDTH + 1);
        links[k].in[0] <== digest;
        for (var i = 0; i < WIDTH; i++) links[k].in[i + 1] <== in[START + i];
        digest = links[k].out;
    }
    out <== digest;
}
