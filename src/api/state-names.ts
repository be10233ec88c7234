/**
 * In the order of a machine’s life; the same words as in its files, its history and Mayu’s interface. Apart from the schemas,
 * so that who only needs the words need not load them.
 */
export const stateNames = ['unknown', 'configured', 'installing', 'installed', 'running'] as const;
