/**
 * Signed digits of scalars, each readable without knowing its neighbours.
 * @module
 */
import { ELEMENT } from "../../bn254.ts";

const SCALAR_BITS = 254;
/** Words of a recoded scalar. */
const RECODED = 9;

/** Digits that balance one addition per point against three per bucket. */
export function digitBits(count: number): number {
  const cost = (bits: number) => digits(bits) * (count + 3 * 2 ** (bits - 1));
  let best = 2;
  for (let bits = 3; bits <= 16; bits++) if (cost(bits) < cost(best)) best = bits;
  return best;
}

/** One more than the bits ask for when the highest digit could be negative. */
export function digits(bits: number): number {
  return Math.ceil((SCALAR_BITS + 1) / bits);
}

/**
 * Adds half a digit to every digit of the scalars, so that digit minus half is a signed digit in [-half, half) and can be
 * read without knowing its neighbours.
 */
export function recode(scalars: Uint8Array, bits: number): SharedArrayBuffer {
  const count = scalars.length / ELEMENT;
  let offset = 0n;
  for (let digit = 0; digit < digits(bits); digit++) offset |= 1n << BigInt(digit * bits + bits - 1);
  const half = Array.from({ length: RECODED }, (_, i) => Number((offset >> BigInt(32 * i)) & 0xffffffffn));
  // Copied, because a view need not begin at a multiple of four.
  const words = new Uint32Array(new Uint8Array(scalars).buffer);
  const shared = new SharedArrayBuffer(count * RECODED * 4);
  const recoded = new Uint32Array(shared);
  for (let i = 0; i < count; i++) {
    let carry = 0;
    for (let word = 0; word < RECODED; word++) {
      const sum = (word < 8 ? (words[i * 8 + word] as number) : 0) + (half[word] as number) + carry;
      recoded[i * RECODED + word] = sum;
      carry = sum > 0xffffffff ? 1 : 0;
    }
  }
  return shared;
}

/** Signed digit number `digit` of every recoded scalar. */
export function readDigits(recoded: Uint32Array, bits: number, digit: number): Int32Array {
  const [word, shift] = [(digit * bits) >>> 5, (digit * bits) & 31];
  const [mask, half] = [2 ** bits - 1, 2 ** (bits - 1)];
  const result = new Int32Array(recoded.length / RECODED);
  for (let i = 0, at = word; i < result.length; i++, at += RECODED) {
    const high = shift > 0 && word + 1 < RECODED ? (recoded[at + 1] as number) << (32 - shift) : 0;
    result[i] = ((((recoded[at] as number) >>> shift) | high) & mask) - half;
  }
  return result;
}
