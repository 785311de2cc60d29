/** From this size on, well-formed JSON is read without looking for keys that stand twice, which takes seconds. */
export const largeText = 20_000;
