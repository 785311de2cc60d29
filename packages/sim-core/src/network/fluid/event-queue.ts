import { grownDoubles, grownIntegers } from './columns.js';

/**
 * The next event of each activity in order of time, then of id: a 4-ary heap that knows where each activity stands, so that
 * a rate that changes moves its event in place. An activity has one event or none.
 */
export class EventQueue {
  /** Activity of the first event; -1 when there is none. */
  first = -1;
  /** Time of the first event, Infinity when there is none. */
  firstTime = Number.POSITIVE_INFINITY;
  private length = 0;
  private times = new Float64Array(64);
  private activities = new Int32Array(64);
  /** Heap index of each activity, -1 = none. */
  private places = new Int32Array(64).fill(-1);

  /** Gives an activity its event, or moves the one that it has. */
  set(activity: number, time: number): void {
    if (activity >= this.places.length) this.places = grownIntegers(this.places, activity + 1, -1);
    const place = this.places[activity] as number;
    if (place < 0) {
      const last = this.length++;
      if (last === this.times.length) {
        this.times = grownDoubles(this.times, last + 1);
        this.activities = grownIntegers(this.activities, last + 1);
      }
      this.rise(last, time, activity);
    } else if (time < (this.times[place] as number)) this.rise(place, time, activity);
    else this.sink(place, time, activity);
  }

  /** Takes an activity's event away, if it has one. */
  remove(activity: number): void {
    const place = activity < this.places.length ? (this.places[activity] as number) : -1;
    if (place < 0) return;
    this.places[activity] = -1;
    const last = --this.length;
    if (place === last) {
      if (last > 0) return;
      this.first = -1;
      this.firstTime = Number.POSITIVE_INFINITY;
      return;
    }
    const time = this.times[last] as number;
    const moved = this.activities[last] as number;
    if (place > 0 && this.before(time, moved, (place - 1) >> 2)) this.rise(place, time, moved);
    else this.sink(place, time, moved);
  }

  private before(time: number, activity: number, place: number): boolean {
    const other = this.times[place] as number;
    return time < other || (time === other && activity < (this.activities[place] as number));
  }

  private rise(from: number, time: number, activity: number): void {
    const times = this.times;
    const activities = this.activities;
    const places = this.places;
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      const above = times[parent] as number;
      const other = activities[parent] as number;
      if (above < time || (above === time && other < activity)) break;
      times[hole] = above;
      activities[hole] = other;
      places[other] = hole;
      hole = parent;
    }
    times[hole] = time;
    activities[hole] = activity;
    places[activity] = hole;
    if (hole === 0) {
      this.first = activity;
      this.firstTime = time;
    }
  }

  private sink(from: number, time: number, activity: number): void {
    const times = this.times;
    const activities = this.activities;
    const places = this.places;
    const length = this.length;
    let hole = from;
    for (;;) {
      const first = (hole << 2) + 1;
      if (first >= length) break;
      const end = Math.min(first + 4, length);
      let best = first;
      let bestTime = times[first] as number;
      for (let child = first + 1; child < end; child++) {
        const at = times[child] as number;
        if (at < bestTime || (at === bestTime && (activities[child] as number) < (activities[best] as number))) {
          best = child;
          bestTime = at;
        }
      }
      const other = activities[best] as number;
      if (time < bestTime || (time === bestTime && activity < other)) break;
      times[hole] = bestTime;
      activities[hole] = other;
      places[other] = hole;
      hole = best;
    }
    times[hole] = time;
    activities[hole] = activity;
    places[activity] = hole;
    if (from === 0) {
      this.first = activities[0] as number;
      this.firstTime = times[0] as number;
    }
  }
}
