export interface Point {
  readonly hours: number;
  readonly value: number;
}

export interface Trend {
  readonly mean: number;
  /** What is added in an hour, by the straight line that fits best. */
  readonly slope: number;
  /** Half the width of its 95 % confidence interval. */
  readonly margin: number;
  /** The interval reaches down to 0, or an hour adds only a small share of what there is. */
  readonly isNoise: boolean;
}

const BLOCKS = 10;
/** Student's t for 8 degrees of freedom, 97.5 %. */
const QUANTILE = 2.306;
const SMALL_SHARE = 0.05;

/** What grows, if anything does: undefined for noise. Memory that is still finding its level grows too, but ever less,
 *  so that what counts as growth must be seen in the later half by itself as well. */
export function growthOf(points: readonly Point[]): Trend | undefined {
  const later = trendOf(points.slice(Math.floor(points.length / 2)));
  return trendOf(points).isNoise || later.isNoise ? undefined : later;
}

/** Where a series of measurements is going. Neighbours are alike, which would make the interval too narrow, so what is
 *  fitted are the means of blocks of them. Throws for fewer points than blocks. */
export function trendOf(points: readonly Point[]): Trend {
  if (points.length < BLOCKS) throw new Error(`${points.length} measurements are too few; there must be ${BLOCKS}.`);
  const blocks = Array.from({ length: BLOCKS }, (_, index) => meanPoint(blockOf(points, index)));
  const { hours: middle, value: mean } = meanPoint(blocks);
  const spread = sum(blocks.map(({ hours }) => (hours - middle) ** 2));
  const slope = sum(blocks.map(({ hours, value }) => (hours - middle) * (value - mean))) / spread;
  const residuals = sum(blocks.map(({ hours, value }) => (value - mean - slope * (hours - middle)) ** 2));
  const margin = QUANTILE * Math.sqrt(residuals / (BLOCKS - 2) / spread);
  return { mean, slope, margin, isNoise: slope - margin <= 0 || slope < SMALL_SHARE * mean };
}

function blockOf(points: readonly Point[], index: number): readonly Point[] {
  const border = (block: number) => Math.floor((block * points.length) / BLOCKS);
  return points.slice(border(index), border(index + 1));
}

function meanPoint(points: readonly Point[]): Point {
  const mean = (values: readonly number[]) => sum(values) / points.length;
  return { hours: mean(points.map(({ hours }) => hours)), value: mean(points.map(({ value }) => value)) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
