/*
 * Doubly linked circular lists, linked through a member of what they hold.
 *
 * A head is a struct list that points at itself when empty. A node that is on no list points at
 * itself too (list_init), so list_is_empty asks both "is the list empty" and "is this node on no
 * list". Locks: the owner's; nothing here is atomic.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name)                                                                            \
	{                                                                                          \
		&(name), &(name)                                                                   \
	}

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_between(struct list *node, struct list *prev, struct list *next)
{
	next->prev = node;
	node->next = next;
	node->prev = prev;
	prev->next = node;
}

static inline void list_add(struct list *head, struct list *node)
{
	list_insert_between(node, head, head->next);
}

static inline void list_add_tail(struct list *head, struct list *node)
{
	list_insert_between(node, head->prev, head);
}

/* Takes the node off its list; its own links are left dangling. */
static inline void list_del(struct list *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
}

/* Takes the node off and leaves it a list of its own. */
static inline void list_del_init(struct list *node)
{
	list_del(node);
	list_init(node);
}

static inline void list_move(struct list *node, struct list *head)
{
	list_del(node);
	list_add(head, node);
}

static inline void list_move_tail(struct list *node, struct list *head)
{
	list_del(node);
	list_add_tail(head, node);
}

/* Puts all of `from` at the front of `to`; `from` is empty afterwards. */
static inline void list_splice_init(struct list *from, struct list *to)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	to->next = from->next;
	list_init(from);
}

/* Puts all of `from` at the end of `to`; `from` is empty afterwards. */
static inline void list_splice_tail_init(struct list *from, struct list *to)
{
	list_splice_init(from, to->prev);
}

#define list_entry(node, type, member) container_of(node, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)
#define list_last(head, type, member)  list_entry((head)->prev, type, member)

#define list_for_each_entry(pos, head, member)                                                     \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); &pos->member != (head);     \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* The same where the body may take `pos` off the list. */
#define list_for_each_entry_safe(pos, tmp, head, member)                                           \
	for (pos = list_entry((head)->next, __typeof__(*pos), member),                             \
	    tmp = list_entry(pos->member.next, __typeof__(*pos), member);                          \
	     &pos->member != (head);                                                               \
	     pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

#endif
