/* Faults that apply to any change of the family protect. Include this after the family's source. */
#pragma once

/* Inject only once the change begins: a kernel that never does anything would be caught earlier. */
static inline int ignore_the_change(void *state)
{
    int status = prepare(state);

    idle.mprotect = idle.pkey_mprotect = true;
    return status;
}

static inline int forget_a_page(void *state)
{
    const struct change *change = state;

    return forget_page(&change->regions.at[change->regions.count - 1]);
}

static inline int merge_a_guard(void *state)
{
    const struct change *change = state;

    return merge_guard(&change->regions.at[0], change->to.prot, change->keys[change->to.key].number);
}

static inline int tag_with_another_key(void *state)
{
    int prepared = prepare(state);

    idle.other_key = pk_pkey_alloc(PKEY_DISABLE_WRITE);
    return prepared;
}
