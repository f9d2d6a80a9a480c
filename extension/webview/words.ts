/** Figures as exact as an estimate is. */
import type { Likely } from '../src/protocol';

export const count = (value: number) => value.toLocaleString('en-US');

/** "1 thing", "2 things". */
export const counted = (value: number, one: string) =>
  `${count(value)} ${value === 1 ? one : `${one}s`}`;

export const capitalized = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

export const gb = (value: number) =>
  value > 0 && value < 0.05 ? '< 0.1 GB' : `${value.toFixed(1)} GB`;

export function duration(hours: number): string {
  return hours < 1 ? `${Math.max(1, Math.round(hours * 60))} min` : `${round(hours)} h`;
}

/** "$11", "$1.70". */
export const money = (dollars: number) =>
  `$${dollars >= 10 ? count(Math.round(dollars)) : dollars.toFixed(2)}`;

/** "1.3 h to 52 h". */
export function span({ low, high }: Likely, show: (value: number) => string): string {
  return `${show(low)} to ${show(high)}`;
}

const round = (value: number) => (value >= 10 ? count(Math.round(value)) : value.toPrecision(2));

/** "90m" of seconds, as `hf jobs` takes it; empty where there are none. */
export function timeoutText(seconds: number | null | undefined): string {
  if (seconds == null) return '';
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
