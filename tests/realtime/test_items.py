from voxhumana.server.realtime.items import MOST, Item, Items, message


def user(number: int) -> Item:
    return message("user", [], f"Question {number}.", item_id=f"item_{number}")


def test_of_too_many_items_the_older_half_is_forgotten_at_once_and_the_new_one_knows_its_neighbour() -> None:
    items = Items()
    before = [items.add(user(number), None) for number in range(MOST + 1)]
    assert before == [None, *(f"item_{number}" for number in range(MOST))]
    assert len(items) == MOST // 2
    assert items.add(user(MOST + 1), f"item_{MOST}") == f"item_{MOST}"
