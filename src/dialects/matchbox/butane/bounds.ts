/** Of a configuration, in UTF-16 units. */
export const MOST_TEXT = 1 << 20;
export const TOO_LONG = `is longer than ${MOST_TEXT >> 20} MiB: name a URL (source) for what is big`;

/** Keys and values of a Butane config that are looked at, and the units of their texts: aliases make many of one. */
export const MOST_VALUES = 50_000;
export const MOST_VALUE_TEXT = 2 * MOST_TEXT;

/** Of an Ignition config, in which lines are told. */
export const MOST_TEXT_WITH_LINES = 256 << 10;

/** Those that are told of one configuration. */
export const MOST_WARNINGS = 100;

/** Of a key that a warning or a fault names, in UTF-16 units. */
export const LONGEST_KEY = 100;
