"""Who may guess at replies when several converse."""

from contextlib import ExitStack

from voxhumana.server.realtime.company import Company


class Member:
    eager = None

    def hear(self, eager):
        self.eager = eager


def test_who_converses_alone_may_guess_and_nobody_in_company_until_he_is_alone_again():
    company, first, second = Company(1), Member(), Member()
    with ExitStack() as stack:
        stack.enter_context(company.member(first.hear))
        assert first.eager
        with company.member(second.hear):
            assert (first.eager, second.eager) == (False, False)
        assert first.eager


def test_more_cores_have_room_for_more():
    members = [Member(), Member(), Member()]
    with ExitStack() as stack:
        company = Company(2)
        for member in members[:2]:
            stack.enter_context(company.member(member.hear))
        assert [member.eager for member in members] == [True, True, None]
        stack.enter_context(company.member(members[2].hear))
        assert [member.eager for member in members] == [False, False, False]
