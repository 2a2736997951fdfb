/** A quantity with its doubt, as the estimators pass it on. */
export interface Figure {
  readonly value: number;
  /** One standard deviation. */
  readonly plusMinus: number;
}
