import type { Serial } from '../host/serial.js';
import type { HostState } from '../host/lifecycle.js';

/** What a machine fetches that can hold secrets. */
export const secretDocuments = ['first-stage', 'installer', 'ignition', 'cloud-config'] as const;
export type SecretDocument = (typeof secretDocuments)[number];

/** Secrets that were handed out. Holds no value, and nothing that would let anybody ask for one. */
export interface Delivery {
  readonly serial: Serial;
  readonly document: SecretDocument;
  /** A keyed hash of what names the boot. */
  readonly boot: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of the secrets in it. */
  readonly names: readonly string[];
  /** A keyed hash of what was handed out, before it was sealed. */
  readonly digest: string;
  /** A keyed hash of the key that it was sealed to; empty where it was not. */
  readonly recipient: string;
}

/** Somebody asks for what holds secrets. */
export interface DeliveryQuestion {
  readonly isProven: boolean;
  readonly boot: string;
  /** Whether the boot is told from others: an address alone does not. */
  readonly isBootKnown: boolean;
  readonly recipient: string;
  readonly state: HostState;
  /** All secrets in it may be had at each boot of a diskless machine. */
  readonly isForEveryBoot: boolean;
  /** When the host became configured; undefined when it runs. */
  readonly configuredAt: number | undefined;
  readonly windowMs: number;
  readonly now: number;
}

export type DeliveryDecision =
  | { readonly kind: 'serve' }
  /** The same once more. */
  | { readonly kind: 'repeat'; readonly delivery: Delivery }
  | { readonly kind: 'unproven' }
  | { readonly kind: 'closed'; readonly reason: string }
  | { readonly kind: 'served'; readonly reason: string };

/** For so long an answer that was lost on its way is given again. */
export const REPEAT_MS = 60_000;

/** @param earlier What the machine was handed of this document. */
export function decideDelivery(question: DeliveryQuestion, earlier: readonly Delivery[]): DeliveryDecision {
  const { isProven, boot, isBootKnown, recipient, state, isForEveryBoot, configuredAt, windowMs, now } =
    question;
  if (!isProven) return { kind: 'unproven' };
  const isOnItsWay = state === 'configured' || state === 'installing';
  const isDisklessBoot = state === 'running' && isForEveryBoot && isBootKnown;
  if (!isOnItsWay && !isDisklessBoot) return { kind: 'closed', reason: `it is ${state}` };
  if (isOnItsWay && configuredAt !== undefined && now - configuredAt > windowMs) {
    if (!Number.isFinite(configuredAt))
      return { kind: 'closed', reason: 'nothing tells when it became configured' };
    return {
      kind: 'closed',
      reason: `it became configured ${hours(now - configuredAt)} ago, and secrets.windowHours is ${hours(windowMs)}`,
    };
  }
  const last = earlier.findLast(
    (delivery) => delivery.boot === boot && delivery.at >= (configuredAt ?? -Infinity),
  );
  if (!last) return { kind: 'serve' };
  const ago = now - last.at;
  // A clock that was put back gives no second go.
  if (Math.abs(ago) > REPEAT_MS) {
    return {
      kind: 'served',
      reason: `this boot of it was handed ${last.document} ${Math.round(ago / 1000)} s ago`,
    };
  }
  if (last.recipient !== recipient)
    return {
      kind: 'served',
      reason: `this boot of it was handed ${last.document} a moment ago, sealed to another key`,
    };
  return { kind: 'repeat', delivery: last };
}

function hours(milliseconds: number): string {
  return `${Math.round(milliseconds / 360_000) / 10} h`;
}
