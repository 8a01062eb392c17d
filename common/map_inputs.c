/* map_inputs: see map_inputs.h. */
#include "map_inputs.h"

void map_input_assign(struct map_input *input, enum topic topic, int partition) {
    *input = (struct map_input){.topic = topic, .partition = partition, .settled = -1, .end = -1};
}

void map_input_stand(struct map_input *input, int64_t settled, int64_t begin) {
    input->settled = settled;
    input->begin = begin;
    map_input_rewind(input);
}

int64_t map_input_rewind(struct map_input *input) {
    input->decided = input->settled >= 0 ? input->settled : input->begin;
    input->polled = input->decided;
    input->end = -1;
    return input->decided;
}

void map_input_polled(struct map_input *input, int64_t offset) {
    ASSERT(offset >= input->polled);
    input->polled = offset + 1;
}

void map_input_ended(struct map_input *input, int64_t end) {
    input->end = end;
}

void map_input_decide(struct map_input *input, int64_t next) {
    ASSERT(next >= input->decided && next <= input->polled);
    input->decided = next;
}

int64_t map_input_due(const struct map_input *input) {
    bool nothing_in_hand = input->decided == input->polled;
    int64_t due = nothing_in_hand && input->end > input->decided ? input->end : input->decided;

    return due > 0 && due > input->settled ? due : -1;
}

void map_input_settle(struct map_input *input, int64_t next) {
    ASSERT(next == map_input_due(input));
    input->settled = input->decided = next;
    if (input->polled < next) input->polled = next;
}

struct map_input *map_input_find(struct map_input *inputs, int count, enum topic topic, int partition) {
    for (int i = 0; i < count; i++)
        if (inputs[i].topic == topic && inputs[i].partition == partition) return &inputs[i];
    return NULL;
}
