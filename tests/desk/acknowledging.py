"""What comes back before a payer decides, as files: TA1, 999, 277CA and the 277 that answers a status request."""

from collections.abc import Sequence


def _file(function: str, version: str, body: str, day: str, control: int) -> bytes:
    parties = f"*ZZ*{'HARBORHUB':15}*ZZ*{'ELMCLINIC':15}"
    isa = f"ISA*00*{' ' * 10}*00*{' ' * 10}{parties}*{day[2:]}*0710*^*00501*{control:09}*0*P*:~"
    if not function:
        return f"{isa}{body}IEA*0*{control:09}~".encode()
    group = f"GS*{function}*HARBOR*ELMCLINIC*{day}*0710*{control}*X*{version}~{body}GE*1*{control}~"
    return f"{isa}{group}IEA*1*{control:09}~".encode()


def ta1(interchange: int, note: str = "000", day: str = "20260602", control: int = 7001) -> bytes:
    """Whether an interchange was taken."""
    verdict = "A" if note == "000" else "R"
    return _file("", "", f"TA1*{interchange:09}*260601*0930*{verdict}*{note}~", day, control)


def functional(
    interchange: int, verdict: str = "A", fault: str = "", day: str = "20260602", control: int = 7002
) -> bytes:
    """A 999: whether the one transaction of a group was taken; `fault` stands before IK5."""
    reason = "" if verdict == "A" else "*5"
    body = (
        f"ST*999*0001*005010X231A1~AK1*HC*{interchange}*005010X222A1~AK2*837*0001*005010X222A1~{fault}"
        f"IK5*{verdict}{reason}~AK9*{verdict}*1*1*{1 if verdict == 'A' else 0}~SE*6*0001~"
    )
    return _file("FA", "005010X231A1", body, day, control)


def claims(said: Sequence[tuple[str, str]], day: str = "20260603", control: int = 7003, batch: str = "0") -> bytes:
    """A 277CA: for each control number the codes of its status, with the payer's number of those that are taken in.

    It gives back the number of the batch (BHT03), or "0", as those do who do not keep it.
    """
    patients = "".join(
        f"HL*{at}*3*PT~NM1*QC*1*DOE*JANE****MI*W12345678~TRN*2*{number}~STC*{codes}*{day}*WQ*295~"
        f"{f'REF*1K*ICN-{number}~' if codes.startswith('A2') else ''}DTP*472*D8*20260520~"
        for at, (number, codes) in enumerate(said, 4)
    )
    body = (
        f"ST*277*0001*005010X214~BHT*0085*08*{control}*{day}*0710*TH~HL*1**20*1~NM1*PR*2*HARBOR HEALTH*****PI*HH1~"
        f"TRN*1*{control}~DTP*050*D8*{day}~DTP*009*D8*{day}~HL*2*1*21*1~NM1*41*2*ELM CLINIC*****46*EC1~TRN*2*{batch}~"
        f"STC*A1:19:PR*{day}*WQ*295~HL*3*2*19*1~NM1*85*2*ELM CLINIC*****XX*1234567893~TRN*1*0~{patients}SE*9*0001~"
    )
    return _file("HN", "005010X214", body, day, control)


def status(number: str, codes: str, day: str = "20260801", control: int = 7004) -> bytes:
    """A 277: how far the payer is with one claim."""
    body = (
        f"ST*277*0001*005010X212~BHT*0010*08*{control}*{day}*0710*DG~HL*1**20*1~NM1*PR*2*HARBOR HEALTH*****PI*HH1~"
        "HL*2*1*21*1~NM1*41*2*ELM CLINIC*****46*EC1~HL*3*2*19*1~NM1*1P*2*ELM CLINIC*****XX*1234567893~"
        f"HL*4*3*22*0~NM1*IL*1*DOE*JANE****MI*W12345678~TRN*2*{number}~STC*{codes}*{day}**295*0~"
        "DTP*472*D8*20260520~SE*12*0001~"
    )
    return _file("HN", "005010X212", body, day, control)
