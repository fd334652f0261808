"""Folders and SFTP servers where payers leave files for us and take files from us.

    models          what is connected, what was fetched, what goes out
    administering   actions: make, change, trust a host key, switch, remove
    places          a folder here, or one on a server (`sftp`), with the same few verbs; every trouble in words
    fetching        each file once, never half, gone there only after it is kept here
    sending         under another name until it is whole, and never twice

`reclaim.exchange` runs them: it knows where files are kept and who is told of trouble.
"""
