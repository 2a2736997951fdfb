/**
 * Numbers on their way into protobuf fields. What a field cannot hold becomes absent, so that a reader sees a gap and
 * never a made-up figure: protobufjs would write NaN into an integer as 0, and -1 into a uint64 as 2^64 - 1.
 */

type Maybe = number | null | undefined;

/** For uint32 and uint64: whole, rounded, not negative, at most 2^53 - 1. */
export function toCount(value: Maybe): number | undefined {
  const whole = toSigned(value);
  return whole === undefined || whole < 0 ? undefined : whole;
}

/** For sint64: whole, rounded, within 53 bits. */
export function toSigned(value: Maybe): number | undefined {
  const figure = toFigure(value);
  if (figure === undefined) return undefined;
  const whole = Math.round(figure);
  // `+ 0` turns -0 into 0.
  return Number.isSafeInteger(whole) ? whole + 0 : undefined;
}

/** For double: finite. */
export function toFigure(value: Maybe): number | undefined {
  return value === null || value === undefined || !Number.isFinite(value) ? undefined : value;
}
