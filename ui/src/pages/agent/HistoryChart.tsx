import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { rulesQuery } from "../../api/queries";
import type { ScorePoint } from "../../api/types";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { clock, score, signed } from "../../lib/format";
import { causesInWords, isMarked, marks, toSeries } from "../../lib/history";

const HEIGHT = 210;
const SHOWN = 8;

/** Trust as a step line from 0 to 100, the bands behind it, and below it what moved it. */
export function HistoryChart({ points }: { points: ScorePoint[] }) {
  // The line is a component of its own: it is mounted with the first score, and only then has an element to draw into.
  if (points.length === 0)
    return (
      <p className="py-8 text-center text-muted">Not scored yet: the line begins with the first event or grant.</p>
    );
  return <ScoreLine points={points} />;
}

function ScoreLine({ points }: { points: ScorePoint[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const series = useMemo(() => toSeries(points, Date.now()), [points]);
  const rules = useQuery(rulesQuery).data;
  const titles = useMemo(() => Object.fromEntries((rules ?? []).map((rule) => [rule.id, rule.title])), [rules]);
  const latest = useRef({ series, marks: marks(points) });
  latest.current = { series, marks: marks(points) };
  useEffect(() => {
    const element = frame.current!;
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(
        options(element.clientWidth, () => latest.current.marks),
        [latest.current.series.times, latest.current.series.scores],
        element,
      );
    };
    draw();
    const watch = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    const themes = new MutationObserver(draw);
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      watch.disconnect();
      themes.disconnect();
      chart.current?.destroy();
    };
  }, []);
  useEffect(() => chart.current?.setData([series.times, series.scores]), [series]);
  return (
    <>
      <div ref={frame} role="img" aria-label={`Trust over time, now ${score(points[0]?.trust_score)}`} />
      <p className="text-xs text-muted">▲ findings came or went</p>
      <ol aria-label="What moved it" className="mt-2 max-h-56 overflow-auto" tabIndex={0}>
        {points.slice(0, SHOWN).map((point, place) => (
          <Move key={point.id} point={point} before={points[place + 1]} titles={titles} />
        ))}
      </ol>
    </>
  );
}

function Move({
  point,
  before,
  titles,
}: {
  point: ScorePoint;
  before: ScorePoint | undefined;
  titles: Record<string, string>;
}) {
  return (
    <li className="flex gap-2 py-0.5 text-xs">
      <span className="w-16 shrink-0 text-muted md:w-20">
        <Time at={point.recorded_at} />
      </span>
      <span className="w-12 shrink-0 text-right font-medium">{score(point.trust_score)}</span>
      <span className="w-12 shrink-0 text-right text-muted">
        {before ? signed(point.trust_score - before.trust_score) : ""}
      </span>
      <UntrustedText className={`min-w-0 ${isMarked(point) ? "" : "text-muted"}`}>
        {causesInWords(point, titles).join(" · ") || "first score"}
      </UntrustedText>
    </li>
  );
}

function options(width: number, marked: () => number[]): uPlot.Options {
  const color = colorReader();
  const axis = {
    stroke: color("--c-muted"),
    grid: { stroke: color("--c-line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: true } },
    // Room at the end, or a fall of a moment ago would hide on the edge.
    scales: { x: { range: (_, from, to) => [from, to + Math.max(1, (to - from) * 0.03)] }, y: { range: [0, 100] } },
    axes: [
      { ...axis, space: 90, values: (_, ticks, __, ___, step) => ticks.map((tick) => tickLabel(tick, step)) },
      { ...axis, size: 34, splits: [0, 40, 60, 80, 100] },
    ],
    series: [
      {},
      { stroke: color("--c-link"), width: 2, paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false } },
    ],
    hooks: {
      drawAxes: [(plot) => drawBands(plot, color)],
      draw: [(plot) => drawMarks(plot, marked(), color("--c-text"))],
    },
  };
}

/** As coarse as the steps are: days, minutes or seconds, on a clock of 24 hours. */
function tickLabel(seconds: number, step: number): string {
  const at = new Date(seconds * 1000);
  if (step >= 86_400) return at.toLocaleDateString(undefined, { month: "short", day: "numeric" });
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0 && step >= 3_600;
  if (isMidnight) return at.toLocaleDateString(undefined, { month: "short", day: "numeric" });
  return step < 60 ? clock(at) : clock(at).slice(0, 5);
}

const BANDS: [number, number, string][] = [
  [0, 40, "--c-critical"],
  [40, 60, "--c-alert"],
  [60, 80, "--c-watch"],
  [80, 100, "--c-trusted"],
];

function drawBands(plot: uPlot, color: (name: string) => string) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.globalAlpha = 0.08;
  for (const [from, to, name] of BANDS) {
    const top = plot.valToPos(to, "y", true);
    ctx.fillStyle = color(name);
    ctx.fillRect(bbox.left, top, bbox.width, plot.valToPos(from, "y", true) - top);
  }
  ctx.restore();
}

const MARK = 4;

/** Where findings opened or went: a tick at the foot of the chart. */
function drawMarks(plot: uPlot, times: number[], color: string) {
  const { ctx, bbox } = plot;
  const foot = bbox.top + bbox.height;
  ctx.save();
  ctx.fillStyle = color;
  for (const time of times) {
    const x = plot.valToPos(time, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, foot - 2 * MARK);
    ctx.lineTo(x + MARK, foot);
    ctx.lineTo(x - MARK, foot);
    ctx.fill();
  }
  ctx.restore();
}

/** The theme's colours as a canvas understands them: light-dark() has to be resolved by an element. */
function colorReader(): (name: string) => string {
  const found: Record<string, string> = {};
  return (name) => {
    if (!found[name]) {
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.color = `var(${name})`;
      found[name] = getComputedStyle(probe).color;
      probe.remove();
    }
    return found[name];
  };
}
