import { ImagoError } from '../errors.js';
import { formatRange, rangeSize, toIpv4, type AddressRange, type Ipv4 } from '../net/ipv4.js';

export class RangeExhausted extends ImagoError {
  readonly code = 'RANGE_EXHAUSTED';

  /** @param setting Where the configuration has the range. */
  constructor(range: AddressRange, setting = 'network.hostRange') {
    super(
      `no address is left in ${setting} ${formatRange(range)} (${rangeSize(range)} addresses): widen it, or retire hosts`,
      { range: formatRange(range), setting },
    );
  }
}

/**
 * The lowest address of the range that nobody has. `from` is a hint where to start looking, so that a full fleet is
 * not walked for every new host; the search wraps once.
 * @throws RangeExhausted
 */
export function freeAddress(
  range: AddressRange,
  isTaken: (address: Ipv4) => boolean,
  from: Ipv4 = range.first,
  setting?: string,
): Ipv4 {
  const size = rangeSize(range);
  const start = from >= range.first && from <= range.last ? from - range.first : 0;
  for (let step = 0; step < size; step += 1) {
    const candidate = toIpv4(range.first + ((start + step) % size));
    if (!isTaken(candidate)) return candidate;
  }
  throw new RangeExhausted(range, setting);
}
