/** Priorities are whole numbers from minus this to this. */
export const MAX_PRIORITY = 1_000_000;
