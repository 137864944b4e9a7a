"""Persons of the fixtures, ages on 2026-11-22.

The numbers are Skatteverket's published test personal identity numbers: they belong to nobody and never will.
Names, addresses and telephone numbers are made up (070-1740605 .. 070-1740699 is the range that PTS keeps for fiction).
Everybody lives in the made-up municipality 0999.
"""


def person(number, given, family, sex, street, phone, district="south", **more):
    """A person as the canonical message knows one (docs/vocabulary.md), without `ref` and `role`."""
    value = {
        "personalNumber": number,
        "givenName": given,
        "familyName": family,
        "birthDate": f"{number[0:4]}-{number[4:6]}-{number[6:8]}",
        "sex": sex,
        "protection": "none",
        "address": {"street": street, "apartment": "1101", "postalCode": "99901", "city": "Exempelstad"},
        "municipality": "0999",
        "district": district,
        "phone": phone,
    }
    value.update(more)
    return value


# 17 years: LUL 6 § applies, Maria Ungdom is near.
YOUTH_17 = person("200903022390", "Alva", "Provsson", "male", "Testgatan 1", "070-1740605")
# 15 years: youngest that is criminally responsible; SIG and Minimaria.
CHILD_15 = person("201104022387", "Love", "Exempelsson", "female", "Testgatan 2", "070-1740606")
# 19 years: adult, Maria Ungdom by age, no emergency housing.
ADULT_19 = person("200703022392", "Kim", "Provdotter", "male", "Testgatan 3", "070-1740607")
# 22 years: adult, local open-care clinic or BAS.
ADULT_22 = person("200404022386", "Robin", "Testdotter", "female", "Testgatan 4", "070-1740608")
# 45 years: guardian of the 17-year-old, and tenant in the arrears flow.
GUARDIAN_45 = person("198104022382", "Mika", "Provsson", "female", "Testgatan 1", "070-1740609")
# 17 years with protected registration (skyddad folkbokföring): no address, no phone anywhere.
PROTECTED_17 = {
    "personalNumber": "200905022380", "givenName": "Sam", "familyName": "Skyddsson", "birthDate": "2009-05-02", "sex": "female",
    "protection": "protected_registration", "municipality": "0999",
}

ALL = [YOUTH_17, CHILD_15, ADULT_19, ADULT_22, GUARDIAN_45, PROTECTED_17]
