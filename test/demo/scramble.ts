/** A reproducible source of numbers from 0 up to 1 (mulberry32): the same seed, the same numbers. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every item, each third one twice, in an order that only the seed decides. */
export function scramble<T>(items: readonly T[], seed: number): readonly T[] {
  const random = randomFrom(seed);
  const all = [...items, ...items.filter((_, index) => index % 3 === 0)];
  return all
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
