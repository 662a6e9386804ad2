// The part of d3-flame-graph 5, which has no types of its own, that the page uses.
declare module 'd3-flame-graph' {
  import type { HierarchyRectangularNode } from 'd3-hierarchy';
  import type { Selection } from 'd3-selection';

  export type Node<T> = HierarchyRectangularNode<T> & { highlight?: boolean; id: number };

  export interface Chart<T> {
    (selection: Selection<HTMLElement, T, null, undefined>): void;
    width(pixels: number): this;
    cellHeight(pixels: number): this;
    minFrameSize(pixels: number): this;
    transitionDuration(ms: number): this;
    inverted(is: boolean): this;
    resetHeightOnZoom(is: boolean): this;
    getName(name: (node: Node<T>) => string): this;
    setLabelHandler(label: (node: Node<T>) => string): this;
    setColorMapper(color: (node: Node<T>, own: string) => string): this;
    onClick(clicked: (node: Node<T>) => void): this;
    onHover(hovered: (node: Node<T>) => void): this;
    setDetailsHandler(show: (text: string | null) => void): this;
    zoomTo(node: Node<T>): void;
    resetZoom(): void;
    update(data?: T): this;
    destroy(): this;
  }

  export default function flamegraph<T>(): Chart<T>;
}
