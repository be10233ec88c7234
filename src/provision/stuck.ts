import type { HostState } from '../host/lifecycle.js';

/** What was seen of a machine on its way; times in milliseconds. */
export interface Course {
  readonly state: HostState;
  /** Since when it installs itself, or was begun again. */
  readonly installingSince?: number | undefined;
  /** When it booted from the network without its own system ever having reported since. */
  readonly boots: readonly number[];
  /** Its installer gave up. */
  readonly failure?: { readonly message: string; readonly at: number } | undefined;
}

export const stuckReasons = ['failed', 'boot-loop', 'too-long'] as const;
export type StuckReason = (typeof stuckReasons)[number];

export interface Stuck {
  readonly reason: StuckReason;
  readonly since: number;
  /** For people. */
  readonly detail: string;
}

export interface StuckLimits {
  readonly installMs: number;
  readonly boots: number;
  readonly bootsMs: number;
}

/** Why a machine does not get through; undefined when it does, or may still. */
export function stuckOf(course: Course, limits: StuckLimits, now: number): Stuck | undefined {
  const { state, installingSince, failure } = course;
  if (failure) {
    const detail = `its installer failed: ${failure.message || 'it does not say why'}`;
    return { reason: 'failed', since: failure.at, detail };
  }
  const boots = course.boots.filter((at) => at > now - limits.bootsMs);
  const [first] = boots;
  if (first !== undefined && boots.length >= limits.boots) {
    const detail = `it booted ${boots.length} times within ${minutes(now - first)}`;
    return { reason: 'boot-loop', since: first, detail };
  }
  if (state === 'installing' && installingSince !== undefined && now - installingSince > limits.installMs) {
    const detail = `it installs itself for ${minutes(now - installingSince)}`;
    return { reason: 'too-long', since: installingSince + limits.installMs, detail };
  }
  return undefined;
}

/** A host as it is found, or as it came to be. */
export function courseOf(state: HostState, since: number): Course {
  return { state, boots: [], ...(state === 'installing' && { installingSince: since }) };
}

/** The host changed. A new state is a new beginning for all but the count of boots, which only its own system ends. */
export function afterChange(
  course: Course | undefined,
  host: { readonly state: HostState; readonly lastBoot?: Date | undefined },
  before: { readonly state: HostState; readonly lastBoot?: Date | undefined } | undefined,
  now: number,
): Course {
  const hasReported = host.lastBoot?.getTime() !== before?.lastBoot?.getTime() || host.state === 'running';
  const startsOver = host.state === 'configured' && before?.state !== 'configured';
  if (course && course.state === host.state && !hasReported) return course;
  return { ...courseOf(host.state, now), boots: hasReported || startsOver ? [] : (course?.boots ?? []) };
}

/** Its installer said something. That it started means that it has another try. */
export function afterReport(course: Course, phase: string, message: string, now: number): Course {
  if (phase === 'failed') return { ...course, failure: { message, at: now } };
  return phase === 'started' || phase === 'done' ? { ...course, failure: undefined } : course;
}

const MOST_BOOTS = 100;

/** It boots from the network, be it into its installer or on to its disk. */
export function afterBoot(course: Course, now: number): Course {
  return { ...course, boots: [...course.boots, now].slice(-MOST_BOOTS) };
}

/** Its power was cycled to have it try again. */
export function afterRetry(course: Course, now: number): Course {
  return { ...courseOf(course.state, now), ...(course.state === 'installing' && { installingSince: now }) };
}

function minutes(milliseconds: number): string {
  const whole = Math.round(milliseconds / 60_000);
  return whole < 1 ? `${Math.round(milliseconds / 1000)} s` : `${whole} min`;
}
