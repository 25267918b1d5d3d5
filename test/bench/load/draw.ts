/**
 * A whole number from 0 to `below` - 1 that depends on nothing but the seed and the place: requests are the same in
 * whatever order they are made.
 */
export function draw(seed: number, place: number, below: number): number {
  let mixed =
    (seed ^ Math.imul(place >>> 0, 0x9e3779b1) ^ Math.imul(Math.floor(place / 2 ** 32), 0x85ebca6b)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * below);
}

/** A UUID of version 4's form, drawn. */
export function drawUuid(seed: number, place: number): string {
  const part = (salt: number) =>
    draw(seed + salt, place, 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [part(1), part(2), part(3), part(4)];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
