<#
.SYNOPSIS
Installs, or removes, the azure-vnet CNI plugins on a Windows node.

.DESCRIPTION
The package is verified against its checksum before anything is touched. Each executable is put in
place by a rename, so that a pod that is being attached at that moment notices nothing, and the network
configuration comes last. A configuration that an administrator changed is never overwritten: ours goes
beside it, with .new behind its name.

.PARAMETER Version
Version to install, with or without "v". Without it: the latest release.

.PARAMETER Package
A package that is here already, instead of a download; its .sha256 file is expected beside it.

.PARAMETER Prefix
Folder to install below.

.PARAMETER Uninstall
Removes the executables and the network configuration, unless it was changed.

.EXAMPLE
scripts\install-cni-plugin.ps1 v1.4.0

.EXAMPLE
scripts\install-cni-plugin.ps1 -Package C:\temp\azure-vnet-cni-windows-amd64-v1.4.0.zip
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [string] $Version = '',
    [string] $Package = '',
    [string] $Prefix = 'C:\k\azurecni',
    [switch] $Uninstall
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$Releases = 'https://github.com/Azure/azure-container-networking/releases'
$BinFolder = Join-Path $Prefix 'bin'
$ConfFolder = Join-Path $Prefix 'netconf'
$ConfName = '10-azure.conflist'
# The checksum of the configuration as we wrote it: it tells whether somebody changed it since.
$ConfMark = Join-Path $Prefix '10-azure.conflist.sha256'
$Executables = @('azure-vnet.exe', 'azure-vnet-ipam.exe')

function Get-Sha256([string] $Path) {
    (Get-FileHash -Algorithm SHA256 -LiteralPath $Path).Hash.ToLowerInvariant()
}

function Test-OwnConf {
    $conf = Join-Path $ConfFolder $ConfName
    if (-not (Test-Path -LiteralPath $conf)) { return $true }
    if (-not (Test-Path -LiteralPath $ConfMark)) { return $false }
    $mark = (Get-Content -LiteralPath $ConfMark -TotalCount 1).Trim()
    return (Get-Sha256 $conf) -eq $mark
}

function Resolve-Version([string] $Wanted) {
    if ($Wanted -ne '') { return 'v' + $Wanted.TrimStart('v') }
    $latest = Invoke-WebRequest -UseBasicParsing -Uri "$Releases/latest" -Headers @{ Accept = 'application/json' }
    return ($latest.Content | ConvertFrom-Json).tag_name
}

function Save-Package([string] $Tag, [string] $Folder) {
    $name = "azure-vnet-cni-windows-amd64-$Tag.zip"
    foreach ($file in @($name, "$name.sha256")) {
        $target = Join-Path $Folder $file
        Write-Host "Downloading $Releases/download/$Tag/$file"
        Invoke-WebRequest -UseBasicParsing -Uri "$Releases/download/$Tag/$file" -OutFile $target
    }
    return Join-Path $Folder $name
}

function Assert-Checksum([string] $Path) {
    $sumFile = "$Path.sha256"
    if (-not (Test-Path -LiteralPath $sumFile)) { throw "$sumFile is missing: the package can't be verified" }
    $expected = ((Get-Content -LiteralPath $sumFile -TotalCount 1) -split '\s+')[0].ToLowerInvariant()
    $actual = Get-Sha256 $Path
    if ($actual -ne $expected) { throw "$Path has checksum $actual, expected $expected" }
}

# A running executable can be renamed, and not overwritten.
function Move-IntoPlace([string] $Source, [string] $Target) {
    $fresh = "$Target.new"
    $old = "$Target.old"
    Copy-Item -LiteralPath $Source -Destination $fresh -Force
    if (Test-Path -LiteralPath $old) { Remove-Item -LiteralPath $old -Force -ErrorAction SilentlyContinue }
    if (Test-Path -LiteralPath $Target) { Move-Item -LiteralPath $Target -Destination $old -Force }
    Move-Item -LiteralPath $fresh -Destination $Target -Force
}

function Install-Conf([string] $Source) {
    $conf = Join-Path $ConfFolder $ConfName
    if (Test-OwnConf) {
        Copy-Item -LiteralPath $Source -Destination "$conf.tmp" -Force
        Move-Item -LiteralPath "$conf.tmp" -Destination $conf -Force
        Set-Content -LiteralPath $ConfMark -Value (Get-Sha256 $conf) -Encoding ascii
        return
    }
    Copy-Item -LiteralPath $Source -Destination "$conf.new" -Force
    Write-Warning "$conf was changed, and stays as it is; ours is $conf.new"
}

function Install-Package([string] $Path) {
    Assert-Checksum $Path
    $unpacked = Join-Path ([System.IO.Path]::GetTempPath()) ([System.Guid]::NewGuid().ToString())
    try {
        Expand-Archive -LiteralPath $Path -DestinationPath $unpacked
        foreach ($name in $Executables + $ConfName) {
            if (-not (Test-Path -LiteralPath (Join-Path $unpacked $name))) { throw "$Path lacks $name" }
        }
        New-Item -ItemType Directory -Force -Path $BinFolder, $ConfFolder | Out-Null
        foreach ($name in $Executables) {
            Move-IntoPlace (Join-Path $unpacked $name) (Join-Path $BinFolder $name)
        }
        Install-Conf (Join-Path $unpacked $ConfName)
    } finally {
        if (Test-Path -LiteralPath $unpacked) { Remove-Item -LiteralPath $unpacked -Recurse -Force }
    }
    & (Join-Path $BinFolder 'azure-vnet.exe') --version
}

function Uninstall-Plugins {
    $conf = Join-Path $ConfFolder $ConfName
    # The configuration first: no runtime must call what is about to go.
    if (Test-OwnConf) {
        foreach ($file in @($conf, $ConfMark)) {
            if (Test-Path -LiteralPath $file) { Remove-Item -LiteralPath $file -Force }
        }
    } else {
        Write-Warning "$conf was changed, and stays"
    }
    foreach ($name in $Executables) {
        foreach ($file in @($name, "$name.old", "$name.new")) {
            $path = Join-Path $BinFolder $file
            if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Force }
        }
    }
}

if ($Uninstall) {
    Uninstall-Plugins
    Write-Host 'The azure-vnet CNI plugins are removed.'
    return
}

if ($Package -ne '') {
    Install-Package (Resolve-Path -LiteralPath $Package).Path
    return
}

# Windows PowerShell offers servers an old TLS unless it is told.
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
$download = Join-Path ([System.IO.Path]::GetTempPath()) ([System.Guid]::NewGuid().ToString())
New-Item -ItemType Directory -Path $download | Out-Null
try {
    Install-Package (Save-Package (Resolve-Version $Version) $download)
} finally {
    Remove-Item -LiteralPath $download -Recurse -Force
}
