/** Problem of the slow solver: rows of [link, weight] for each activity. */
export interface SharingProblem {
  readonly capacities: readonly number[];
  readonly activities: readonly {
    readonly edges: readonly (readonly [number, number])[];
    readonly rateCap: number;
    readonly share: number;
  }[];
}

/** Max-min fair rates by the textbook: raise every rate together, freeze what meets a full link or its cap, repeat. Slow on purpose. */
export function slowMaxMin({ capacities, activities }: SharingProblem): number[] {
  const rates = activities.map(() => 0);
  const frozen = activities.map(() => false);
  while (frozen.some((done) => !done)) {
    let level = Number.POSITIVE_INFINITY;
    const levelOf = capacities.map((capacity, link) => {
      let left = capacity;
      let weight = 0;
      activities.forEach((activity, i) => {
        for (const [at, w] of activity.edges) {
          if (at !== link) continue;
          if (frozen[i]) left -= w * (rates[i] ?? 0);
          else weight += w * activity.share;
        }
      });
      return weight > 0 ? Math.max(0, left) / weight : Number.POSITIVE_INFINITY;
    });
    for (const at of levelOf) level = Math.min(level, at);
    activities.forEach((activity, i) => {
      if (!frozen[i]) level = Math.min(level, activity.rateCap / activity.share);
    });
    activities.forEach((activity, i) => {
      if (frozen[i]) return;
      const held = activity.edges.some(([link]) => (levelOf[link] ?? 0) <= level * (1 + 1e-12));
      if (held || activity.rateCap / activity.share <= level * (1 + 1e-12)) {
        frozen[i] = true;
        rates[i] = level * activity.share;
      }
    });
  }
  return rates;
}
