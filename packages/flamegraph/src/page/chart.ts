import flamegraph, { type Chart, type Node } from 'd3-flame-graph';
import { select } from 'd3-selection';
import { plainName } from './colors.js';
import { mark } from './search.js';
import type { Frame } from './tree.js';

export type FrameNode = Node<Frame>;

export interface ChartEvents {
  readonly label: (node: FrameNode) => string;
  readonly color: (node: FrameNode) => string;
  /** A frame was clicked, and fills the width now. */
  readonly zoomed: (node: FrameNode) => void;
  /** null: no frame is under the pointer. */
  readonly pointed: (node: FrameNode | null) => void;
}

const FOUND = '#e600e6';
/** Of a frame, in pixels. */
export const HEIGHT = 20;

/** One flame graph in one element, drawn by d3-flame-graph. */
export class FlameChart {
  readonly #element: HTMLElement;
  readonly #events: ChartEvents;
  #chart: Chart<Frame> | undefined;
  #root: FrameNode | undefined;
  #silent = false;
  /** The frame that fills the width. */
  zoomed: FrameNode | undefined;
  /** The frame that keys act on. */
  selected: FrameNode | undefined;

  constructor(element: HTMLElement, events: ChartEvents) {
    this.#element = element;
    this.#events = events;
  }

  get root(): FrameNode {
    if (!this.#root) throw new Error('nothing is drawn');
    return this.#root;
  }

  draw(tree: Frame, icicle: boolean): void {
    this.#chart?.destroy();
    const { label, color, pointed } = this.#events;
    const chart = flamegraph<Frame>()
      .width(this.#element.clientWidth)
      .cellHeight(HEIGHT)
      .minFrameSize(1)
      .transitionDuration(0)
      .resetHeightOnZoom(true)
      .inverted(icicle)
      .getName(({ data }) => plainName(data.name))
      .setLabelHandler(label)
      .setColorMapper((node) => (node.highlight ? FOUND : color(node)))
      .setDetailsHandler((text) => text === null && pointed(null))
      .onHover(pointed)
      .onClick((node) => this.#clicked(node));
    const selection = select(this.#element).datum(tree);
    selection.call(chart);
    this.#chart = chart;
    this.#root = selection.datum() as unknown as FrameNode;
    this.zoomed = this.#root;
    this.selected = undefined;
  }

  /** Makes a frame fill the width, without an event. */
  zoom(node: FrameNode): void {
    // d3-flame-graph takes the way from one zoom to the next by clicks, not by jumps.
    this.root.each(({ data }) => {
      data.hide = false;
      data.fade = false;
    });
    this.#silent = true;
    this.#chart?.zoomTo(node);
    this.#silent = false;
  }

  find(id: number): FrameNode {
    return this.root.descendants().find((node) => (node as FrameNode).id === id) ?? this.root;
  }

  /** Marks what matches in the frames that are shown; how wide it is, of how much. */
  search(matches?: (name: string) => boolean): { found: number; of: number } {
    const { root, zoomed = root } = this;
    mark(root);
    const found = mark(zoomed, matches && ((name) => matches(plainName(name))));
    this.#update();
    return { found, of: zoomed.data.value };
  }

  select(node: FrameNode | undefined): void {
    this.selected = node;
    this.#outline();
  }

  /** After the element changed its width. */
  fit(): void {
    this.#chart?.width(this.#element.clientWidth);
    this.#update();
  }

  #update(): void {
    this.#chart?.update();
    this.#outline();
  }

  #clicked(node: FrameNode): void {
    this.zoomed = node;
    this.selected = node;
    this.#outline();
    if (!this.#silent) this.#events.zoomed(node);
  }

  #outline(): void {
    select(this.#element)
      .selectAll<SVGGElement, FrameNode>('g.frame')
      .classed('selected', (node) => node === this.selected);
  }
}
