import * as z from 'zod';

/** Numbers that a scenario may hold: finite, and of a size that computes without overflow. */
const huge = 1e18;
export const positive = z.number().positive().max(huge);
export const nonNegative = z.number().nonnegative().max(huge);
export const count = z.number().int().positive().max(1e12);
export const countOrZero = z.number().int().nonnegative().max(1e12);
export const fraction = z.number().min(0).max(1);
export const factor = z.number().min(1).max(1e3);
