/** What happens when, earliest first: a binary heap, because there are millions. */
export function makeAppointments<What>() {
  const heap: { at: number; what: What }[] = [];
  const swap = (a: number, b: number) => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  return {
    add(at: number, what: What): void {
      let index = heap.push({ at, what }) - 1;
      for (let parent = (index - 1) >> 1; index > 0 && heap[parent]!.at > heap[index]!.at; parent = (index - 1) >> 1) {
        swap(parent, index);
        index = parent;
      }
    },
    next(): { at: number; what: What } | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return first;
      heap[0] = last;
      for (let index = 0; ; ) {
        const [left, right] = [2 * index + 1, 2 * index + 2];
        let least = index;
        if (left < heap.length && heap[left]!.at < heap[least]!.at) least = left;
        if (right < heap.length && heap[right]!.at < heap[least]!.at) least = right;
        if (least === index) return first;
        swap(index, least);
        index = least;
      }
    },
  };
}
