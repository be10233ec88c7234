/**
 * How machines come to their system: installed by the first-stage script, installed by the installer of a live system that
 * Ignition sets up, or booted from the network each time.
 */
export type ProfileMode = 'two-stage' | 'direct-ignition' | 'diskless';
