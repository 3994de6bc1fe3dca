import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { rulesQuery } from "../../api/queries";
import type { ScorePoint, ScoreSeries } from "../../api/types";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { absolute, clock, score, signed } from "../../lib/format";
import { causesInWords, isMarked, marks, seriesInWords, toSeries } from "../../lib/history";
import { timeBetween } from "../../lib/timeRange";
import { useEvent } from "../../lib/useEvent";
import { timeZone } from "../../lib/zone";

const HEIGHT = 210;
const SHOWN = 8;
/** Pixels below which a drag is a click. */
const LEAST_DRAG = 6;

/** Trust as a step line from 0 to 100, the bands behind it, and below it what moved it. Dragging over it zooms. */
export function HistoryChart({ points, series }: { points: ScorePoint[]; series: ScoreSeries }) {
  // The line is a component of its own: it is mounted with the first score, and only then has an element to draw into.
  if (series.buckets.length === 0 && series.before === null)
    return (
      <p className="py-8 text-center text-muted">
        {points.length === 0
          ? "Not scored yet: the line begins with the first event or grant."
          : "Not scored yet in this time."}
      </p>
    );
  return <ScoreLine points={points} series={series} />;
}

function ScoreLine({ points, series: answer }: { points: ScorePoint[]; series: ScoreSeries }) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const navigate = useNavigate();
  const series = useMemo(() => toSeries(answer), [answer]);
  const [at, setAt] = useState<number | null>(null);
  const rules = useQuery(rulesQuery).data;
  const titles = useMemo(() => Object.fromEntries((rules ?? []).map((rule) => [rule.id, rule.title])), [rules]);
  const latest = useRef({ series, marks: marks(points) });
  latest.current = { series, marks: marks(points) };
  const zoom = useEvent((from: number, to: number) => {
    const time = timeBetween(from * 1000, to * 1000);
    void navigate({ to: ".", search: (old: object) => ({ ...old, time }) as never, resetScroll: false });
  });
  useEffect(() => {
    const element = frame.current!;
    const draw = () => {
      chart.current?.destroy();
      const { times, scores, lowest, highest } = latest.current.series;
      chart.current = new uPlot(
        options(element.clientWidth, () => latest.current.marks, setAt, zoom),
        [times, scores, lowest, highest],
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
  }, [zoom]);
  useEffect(() => chart.current?.setData([series.times, series.scores, series.lowest, series.highest]), [series]);
  const pointed = at === null ? undefined : series.times[at];
  return (
    <>
      <div ref={frame} role="img" aria-label={seriesInWords(answer)} />
      <p className="flex flex-wrap justify-between gap-x-4 text-xs text-muted">
        <span>▲ findings came or went</span>
        <span>
          {pointed === undefined || at === null
            ? "drag to zoom"
            : `${absolute(new Date(pointed * 1000))}: ${score(series.scores[at])}${rangeInWords(series.lowest[at], series.highest[at])}`}
        </span>
      </p>
      <ol aria-label="What moved it" className="mt-2 max-h-56 overflow-auto" tabIndex={0}>
        {points.slice(0, SHOWN).map((point, place) => (
          <Move key={point.id} point={point} before={points[place + 1]} titles={titles} />
        ))}
      </ol>
    </>
  );
}

function rangeInWords(lowest: number | null | undefined, highest: number | null | undefined): string {
  return lowest === highest ? "" : ` (${score(lowest)} to ${score(highest)})`;
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

function options(
  width: number,
  marked: () => number[],
  point: (at: number | null) => void,
  zoom: (from: number, to: number) => void,
): uPlot.Options {
  const color = colorReader();
  const axis = {
    stroke: color("--c-muted"),
    grid: { stroke: color("--c-line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  const stepped = uPlot.paths.stepped!({ align: 1 });
  const edge = { stroke: "transparent", paths: stepped, points: { show: false } };
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => (timeZone() ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000)),
    legend: { show: false },
    cursor: { y: false, points: { show: true }, drag: { x: true, y: false, setScale: false } },
    // Room at the end, or a fall of a moment ago would hide on the edge.
    scales: { x: { range: (_, from, to) => [from, to + Math.max(1, (to - from) * 0.03)] }, y: { range: [0, 100] } },
    axes: [
      { ...axis, space: 90, values: (_, ticks, __, ___, step) => ticks.map((tick) => tickLabel(tick, step)) },
      { ...axis, size: 34, splits: [0, 40, 60, 80, 100] },
    ],
    series: [{}, { stroke: color("--c-link"), width: 2, paths: stepped, points: { show: false } }, edge, edge],
    bands: [{ series: [3, 2], fill: `color-mix(in srgb, ${color("--c-link")} 30%, transparent)` }],
    hooks: {
      drawAxes: [(plot) => drawBands(plot, color)],
      draw: [(plot) => drawMarks(plot, marked(), color("--c-text"))],
      setCursor: [(plot) => point(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide >= LEAST_DRAG) zoom(plot.posToVal(left, "x"), plot.posToVal(left + wide, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** As coarse as the steps are: days, minutes or seconds, on a clock of 24 hours. */
function tickLabel(seconds: number, step: number): string {
  const at = new Date(seconds * 1000);
  const isMidnight = clock(at) === "00:00:00" && step >= 3_600;
  if (step >= 86_400 || isMidnight)
    return at.toLocaleDateString(undefined, { month: "short", day: "numeric", timeZone: timeZone() });
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
